/**
 * RocksDB as the stores use it: its handles, batches written byte by byte, flushes, and files that
 * are checked or deleted. It knows column families, and neither views nor positions.
 */
@NullMarked
package io.streamsocial.store.rocks;

import org.jspecify.annotations.NullMarked;
