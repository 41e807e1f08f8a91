/** HTTP load, and the least server to compare with. */
@NullMarked
package io.streamsocial.bench.load;

import org.jspecify.annotations.NullMarked;
