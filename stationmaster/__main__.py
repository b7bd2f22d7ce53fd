from stationmaster.cli import main

main()
