"""Who leads what is announced: names in words and tables (`naming`), matched to known analysts (`matching`)."""
