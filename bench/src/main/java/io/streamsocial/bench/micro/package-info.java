/** JMH benchmarks: one class a question. */
@NullMarked
package io.streamsocial.bench.micro;

import org.jspecify.annotations.NullMarked;
