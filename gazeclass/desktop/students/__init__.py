"""The place "Students": classes, consent, seats and portraits; the roster behind them is encrypted."""
