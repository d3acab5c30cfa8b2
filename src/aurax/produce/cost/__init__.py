"""What a song costs: prices with dates, estimates before the work, what was used after it, budgets."""
