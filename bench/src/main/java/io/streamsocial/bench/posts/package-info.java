/** Posts of the benchmarks, and what they add up to. */
@NullMarked
package io.streamsocial.bench.posts;

import org.jspecify.annotations.NullMarked;
