/**
 * The machine under the figures: child JVMs pinned to cores, directories that vanish, and what a
 * result says about processor, memory and JVM. It knows no benchmark.
 */
@NullMarked
package io.streamsocial.bench.machine;

import org.jspecify.annotations.NullMarked;
