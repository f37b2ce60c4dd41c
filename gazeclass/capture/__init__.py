"""Where pictures come from: files now, live cameras behind the same interface; pairing by time."""
