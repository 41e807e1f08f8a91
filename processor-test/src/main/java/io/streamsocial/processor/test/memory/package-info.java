/**
 * Brokers in memory: what the tests of the engine itself and {@code ViewTest} run on. Not for
 * programs: it has no promise, and changes with the engine's tests.
 */
@NullMarked
package io.streamsocial.processor.test.memory;

import org.jspecify.annotations.NullMarked;
