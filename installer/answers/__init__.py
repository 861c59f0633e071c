"""What a customer answers: the file, its schema and rules, and the frozen answers that everything else reads."""
