"""The words. Frozen values every other room speaks in; standard library only, no I/O."""
