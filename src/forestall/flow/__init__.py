"""What happens, in order: gather, intake, read, notice, decide; then explain, replay and retain what was decided."""
