"""Accounts of people: what a coordinator or operator does with one.

close      close and reopen an account
address    change an email address: asked for and confirmed by the person, or set by staff
merge      two accounts of one person become one
"""
