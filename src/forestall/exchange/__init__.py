"""How we talk with others. One folder per protocol; a partner's vocabulary stays in the partner's folder."""
