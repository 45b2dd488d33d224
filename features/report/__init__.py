"""In which order the features of this repository are read; volops/testing/report writes the page."""
