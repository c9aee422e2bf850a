"""Files that users bring from elsewhere: opened safely, decoded, and read row by row; nothing is held as a whole."""
