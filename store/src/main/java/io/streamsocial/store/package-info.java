/** Window stores on RocksDB: bytes and longs in, bytes and longs out. */
@NullMarked
package io.streamsocial.store;

import org.jspecify.annotations.NullMarked;
