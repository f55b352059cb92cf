// A TOML text as one flat list of nodes in depth-first order, parsed by toml++. Nothing is thrown across this border.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    clickd_toml_table,
    clickd_toml_array,
    clickd_toml_string,
    clickd_toml_integer,
    clickd_toml_float,
    clickd_toml_bool,
    clickd_toml_date,
} clickd_toml_kind;

// Lines and columns count from 1. A table or array is followed by its `children` nodes, each with all of its own.
typedef struct {
    clickd_toml_kind kind;
    uint32_t children;
    const char *key;
    size_t key_length;
    uint32_t key_line, key_column;
    uint32_t line, column;
    const char *text;
    size_t text_length;
    int64_t integer;
    double number;
    bool boolean;
} clickd_toml_node;

typedef struct clickd_toml clickd_toml;

// Parses `length` bytes. NULL without memory. The caller has bounded how deep keys nest (a table's destructor
// recurses); arrays and inline tables are bounded here.
clickd_toml *clickd_toml_parse(const char *text, size_t length);
void clickd_toml_destroy(clickd_toml *document);
// NULL when the text is valid, else what is wrong and where.
const char *clickd_toml_error(const clickd_toml *document, uint32_t *line, uint32_t *column);
// The nodes, the root table first. They and their texts live as long as the document.
const clickd_toml_node *clickd_toml_nodes(const clickd_toml *document, size_t *count);

#ifdef __cplusplus
}
#endif
