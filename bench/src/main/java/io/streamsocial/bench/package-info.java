/**
 * What things cost: the same job by our engine, by Kafka Streams and by plain consumers, and load
 * on a running instance, each measured the same way, with the result as a file that names commit,
 * machine and spread.
 *
 * <p>Every result is checked against the generator's own count. Nothing depends on this module.
 */
@NullMarked
package io.streamsocial.bench;

import org.jspecify.annotations.NullMarked;
