/**
 * JMH benchmarks of single parts, one class a question: parse, fold, pack, checkpoint, merge, read.
 *
 * <p>Whole processes are measured by the parent package.
 */
@NullMarked
package io.streamsocial.bench.micro;

import org.jspecify.annotations.NullMarked;
