"""The calibration wizard: a new classroom in nine steps, each computed from what is on disk.

A step is a presenter (``<step>_presenter.py``: what is there, what is missing, what to do now; no widgets) and a view
(``<step>_view.py``: widgets, no logic). Pictures come from a :mod:`source <gazeclass.desktop.wizard.sources>` through a
:mod:`feed <gazeclass.desktop.wizard.feed>` whose threads read and search, so that the window never waits for either.
"""
