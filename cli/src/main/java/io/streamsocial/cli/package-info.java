/**
 * The command line. {@code Main} composes all commands; the commands here run something: an
 * instance, a demo with a Kafka of its own, a broker, a generator. {@code Instance} is what {@code
 * serve} and {@code demo} run: engine and server, built and closed in order.
 *
 * <p>Of the modules that are shipped, this one alone knows picocli, the backend of the log and, for
 * development, {@code broker}.
 */
@NullMarked
package io.streamsocial.cli;

import org.jspecify.annotations.NullMarked;
