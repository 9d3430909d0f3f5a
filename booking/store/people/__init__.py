"""Tables about people: accounts, sessions, sign-ins, tokens, time off."""
