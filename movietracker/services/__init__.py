"""Operations on accounts and libraries: plain arguments in, values out, errors of movietracker.errors raised."""
