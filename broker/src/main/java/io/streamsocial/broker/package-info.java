/** A real Kafka (KRaft) in child processes, for development, tests and benchmarks. */
@NullMarked
package io.streamsocial.broker;

import org.jspecify.annotations.NullMarked;
