/**
 * A real Kafka (KRaft, one node or three) in child processes, started from its Maven artifacts, or
 * in a container where Docker answers. It is for development, tests and benchmarks: data lies in
 * temporary directories, and a broker ends with the process that started it.
 *
 * <p>No part of the product uses it but the commands {@code demo} and {@code broker}.
 */
@NullMarked
package io.streamsocial.broker;

import org.jspecify.annotations.NullMarked;
