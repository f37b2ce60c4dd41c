"""The place where classrooms are kept: cards with date, quality and age of each calibration."""
