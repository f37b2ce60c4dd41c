"""Everything Qt: presenters (QObject, no widgets), views (widgets, no logic), and what runs beside them."""
