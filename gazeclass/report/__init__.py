"""What a lesson adds up to: CSV set, heatmap, HTML page, error tables."""
