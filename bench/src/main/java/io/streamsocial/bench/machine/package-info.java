/** The machine under the figures: processes, cores, directories. */
@NullMarked
package io.streamsocial.bench.machine;

import org.jspecify.annotations.NullMarked;
