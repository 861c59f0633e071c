package main

// CronJobs name their time zones, and the image has no file system to look them up in: without these the program panics.
import _ "time/tzdata"
