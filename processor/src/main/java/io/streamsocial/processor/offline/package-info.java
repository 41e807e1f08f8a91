/** State without a running engine: restore, verify, reset, inspect. */
@NullMarked
package io.streamsocial.processor.offline;

import org.jspecify.annotations.NullMarked;
