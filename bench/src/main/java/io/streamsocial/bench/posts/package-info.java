/**
 * The posts that every benchmark counts, their way into a topic, and the digest of their true
 * counts, against which each result is checked.
 */
@NullMarked
package io.streamsocial.bench.posts;

import org.jspecify.annotations.NullMarked;
