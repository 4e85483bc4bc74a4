"""What moto lacks, one file a subject. Importing a layer enters what it answers into world.OPERATIONS and world.CONTROLS."""
