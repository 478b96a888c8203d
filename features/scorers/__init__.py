"""What every site scorer shares, whatever it learns with: model folder, calibration, table of sites, command line."""
