/** Benchmarks of the whole: commands that compare contenders or measure one instance. */
@NullMarked
package io.streamsocial.bench;

import org.jspecify.annotations.NullMarked;
