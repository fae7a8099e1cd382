"""What is wrong in the traffic: detectors look at records and give findings. Pure."""
