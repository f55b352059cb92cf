print("clickd")
