"""What every room uses: files, devices, random numbers, safetensors, versions."""
