"""Steps that several transactions share. Each takes the context of the action, once occurrences and members are locked.

give_up   a booking ends: its quarters, reminders, status, SEQUENCE, email, audit entry; its waitlist is served
put       a booking goes to another slot; what it leaves is free
serve     whoever waits is asked about what has come free, before anybody else can book it
"""
