"""What the tests stand on: fakes at the seams (clock, mail) and real services everywhere else."""
