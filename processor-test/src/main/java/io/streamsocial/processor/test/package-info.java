/**
 * For the tests of programs that embed the engine: {@link io.streamsocial.processor.test.ViewTest}
 * runs a whole application, of one or several instances, in the test's own thread, without brokers.
 */
@NullMarked
package io.streamsocial.processor.test;

import org.jspecify.annotations.NullMarked;
