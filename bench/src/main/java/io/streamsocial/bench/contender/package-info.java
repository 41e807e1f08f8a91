/**
 * The same job by several programs: our engine, Kafka Streams, and plain consumers that do the
 * least that any solution must do. Each runs in a process of its own; starting and comparing them
 * is the parent's work.
 */
@NullMarked
package io.streamsocial.bench.contender;

import org.jspecify.annotations.NullMarked;
