package metricsstore

// Stores of client-go 0.36, which all programs of the bundle share, are told which version of the objects they have seen,
// and asked for it. Figures have no version: those who ask the store for one do not go by it.

// Bookmark passes over the version that the API server said is seen.
func (s *MetricsStore) Bookmark(string) {}

// LastStoreSyncResourceVersion knows none.
func (s *MetricsStore) LastStoreSyncResourceVersion() string { return "" }
