// The only file that includes toml++: it takes seconds to compile. Errors are values here (TOML_EXCEPTIONS 0); what
// the standard library may throw for want of memory ends at the one catch clause.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
// Its assertions fail on texts for which it has an error as well: "[/a]".
#define TOML_ASSERT(claim) static_cast<void>(0)
#include "CTomlPlusPlus.h"

#include <algorithm>
#include <new>
#include <string>
#include <toml++/toml.h>
#include <vector>

struct clickd_toml {
    toml::table root;
    std::vector<clickd_toml_node> nodes;
    std::string error;
    uint32_t line = 0, column = 0;
};

static void append(std::vector<clickd_toml_node> &nodes, const toml::node &node, const toml::key *key);

static void append_children(std::vector<clickd_toml_node> &nodes, const toml::table &table) {
    std::vector<std::pair<const toml::key *, const toml::node *>> children;
    children.reserve(table.size());
    for (auto &&[key, value] : table) { children.emplace_back(&key, &value); }
    // toml++ sorts by name; a person reads from the top.
    std::sort(children.begin(), children.end(), [](const auto &a, const auto &b) {
        const auto x = a.first->source().begin, y = b.first->source().begin;
        return x.line != y.line ? x.line < y.line : x.column < y.column;
    });
    for (const auto &[key, value] : children) { append(nodes, *value, key); }
}

static void append(std::vector<clickd_toml_node> &nodes, const toml::node &node, const toml::key *key) {
    clickd_toml_node made{};
    made.line = node.source().begin.line;
    made.column = node.source().begin.column;
    if (key != nullptr) {
        made.key = key->str().data();
        made.key_length = key->str().size();
        made.key_line = key->source().begin.line;
        made.key_column = key->source().begin.column;
    }
    made.kind = clickd_toml_date;
    if (const auto *table = node.as_table()) {
        made.kind = clickd_toml_table;
        made.children = static_cast<uint32_t>(table->size());
        nodes.push_back(made);
        append_children(nodes, *table);
        return;
    }
    if (const auto *array = node.as_array()) {
        made.kind = clickd_toml_array;
        made.children = static_cast<uint32_t>(array->size());
        nodes.push_back(made);
        for (const auto &element : *array) { append(nodes, element, nullptr); }
        return;
    }
    if (const auto *text = node.as_string()) {
        made.kind = clickd_toml_string;
        made.text = text->get().data();
        made.text_length = text->get().size();
    } else if (const auto *integer = node.as_integer()) {
        made.kind = clickd_toml_integer;
        made.integer = integer->get();
    } else if (const auto *number = node.as_floating_point()) {
        made.kind = clickd_toml_float;
        made.number = number->get();
    } else if (const auto *boolean = node.as_boolean()) {
        made.kind = clickd_toml_bool;
        made.boolean = boolean->get();
    }
    nodes.push_back(made);
}

clickd_toml *clickd_toml_parse(const char *text, size_t length) {
    auto *document = new (std::nothrow) clickd_toml;
    if (document == nullptr) { return nullptr; }
    try {
        auto result = toml::parse(std::string_view(text, length));
        if (result) {
            document->root = std::move(result).table();
            append(document->nodes, document->root, nullptr);
        } else {
            document->error = result.error().description();
            document->line = result.error().source().begin.line;
            document->column = result.error().source().begin.column;
            if (document->error.empty()) { document->error = "not TOML"; }
        }
        return document;
    } catch (...) {
        delete document;
        return nullptr;
    }
}

void clickd_toml_destroy(clickd_toml *document) { delete document; }

const char *clickd_toml_error(const clickd_toml *document, uint32_t *line, uint32_t *column) {
    *line = document->line;
    *column = document->column;
    return document->error.empty() ? nullptr : document->error.c_str();
}

const clickd_toml_node *clickd_toml_nodes(const clickd_toml *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}
