/**
 * What a store keeps of rows on the heap, and their keys: tables of byte strings with their lanes,
 * ranked heads, sessions. It knows bytes and longs, and neither disk nor positions.
 */
@NullMarked
package io.streamsocial.store.table;

import org.jspecify.annotations.NullMarked;
