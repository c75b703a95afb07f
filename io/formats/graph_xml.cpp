#include "io/formats/graph_xml.hpp"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "host/errors.hpp"
#include "io/fields.hpp"

namespace coterie {

namespace {

constexpr std::size_t longest_text = std::size_t{1} << 20;

std::string_view local_name(const char* name) {
    const std::string_view whole(name);
    return whole.substr(whole.rfind(':') + 1);
}

/// The value of the first attribute `name` in a piece of XML.
std::string_view first_attribute(std::string_view text, std::string_view name) {
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        std::string_view rest = text.substr(at + name.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
        if (!rest.starts_with('=')) continue;
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
        if (!rest.starts_with('"') && !rest.starts_with('\'')) continue;
        return rest.substr(1, rest.find(rest[0], 1) - 1);
    }
    return {};
}

}  // namespace

std::string_view XmlAttributes::operator[](std::string_view name) const {
    for (const char** pair = pairs_; *pair != nullptr; pair += 2)
        if (local_name(pair[0]) == name) return pair[1];
    return {};
}

/// The callbacks of expat, through whose frames no exception may pass: the first is kept, and the parser stopped.
struct GraphXml::Expat {
    XML_Parser parser;

    template <class Work>
    static void guarded(GraphXml& xml, Work work) {
        if (xml.failure_ != nullptr) return;
        try {
            work();
        } catch (...) {
            xml.failure_ = std::current_exception();
            XML_StopParser(xml.expat_->parser, XML_FALSE);
        }
    }
    static void begin(void* data, const char* name, const char** attributes) {
        auto& xml = *static_cast<GraphXml*>(data);
        guarded(xml, [&] {
            ++xml.depth_;
            xml.begin_element(local_name(name), XmlAttributes(attributes));
        });
    }
    static void end(void* data, const char* name) {
        auto& xml = *static_cast<GraphXml*>(data);
        guarded(xml, [&] {
            xml.end_element(local_name(name));
            --xml.depth_;
        });
    }
    static void characters(void* data, const char* text, int length) {
        auto& xml = *static_cast<GraphXml*>(data);
        if (xml.depth_ != xml.text_depth_) return;
        guarded(xml, [&] {
            xml.text_.append(text, static_cast<std::size_t>(length));
            if (xml.text_.size() > longest_text)
                xml.fail(fmt::format("a value must not be longer than {} bytes", longest_text));
        });
    }
};

GraphXml::GraphXml(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into)
    : plan_(plan), rows_(plan, nodes, into), expat_(std::make_unique<Expat>(Expat{XML_ParserCreate(nullptr)})) {
    if (expat_->parser == nullptr) throw std::bad_alloc();
    XML_SetUserData(expat_->parser, this);
    XML_SetElementHandler(expat_->parser, Expat::begin, Expat::end);
    XML_SetCharacterDataHandler(expat_->parser, Expat::characters);
}

GraphXml::~GraphXml() {
    XML_ParserFree(expat_->parser);
}

std::uint64_t GraphXml::line() const {
    return XML_GetCurrentLineNumber(expat_->parser);
}

void GraphXml::fail(const std::string& problem) const {
    throw IoError(fmt::format("{}:{}: {}", plan_.path, line(), problem));
}

void GraphXml::want_text() {
    text_.clear();
    text_depth_ = depth_;
}

std::string GraphXml::take_text() {
    text_depth_ = -1;
    return std::string(trimmed(std::exchange(text_, {})));
}

void GraphXml::check_count(std::string_view declared, std::uint64_t read, std::string_view what) const {
    if (declared.empty()) return;
    const auto number = parse_id(declared);
    if (!number || *number != read)
        fail(fmt::format("the file must have as many {} as it declares, but declares {} and has {}", what,
                         printable(declared, 80), read));
}

void GraphXml::feed(std::string_view text, bool last) {
    const auto outcome = XML_Parse(expat_->parser, text.data(), static_cast<int>(text.size()), last ? 1 : 0);
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (outcome == XML_STATUS_ERROR) {
        const XML_Error error = XML_GetErrorCode(expat_->parser);
        if (error == XML_ERROR_NO_MEMORY) throw std::bad_alloc();
        fail(fmt::format("the file must be sound XML: {}{}", XML_ErrorString(error),
                         last ? " at its end: is the file truncated?" : ""));
    }
}

/// Lines count from the beginning of the file in rejects already, so that a block has none.
BlockTally GraphXml::tally() {
    BlockTally tally = rows_.take_tally();
    tally.lines = 0;
    return tally;
}

BlockTally GraphXml::parse(const LineBlock& block) {
    feed(block.text, false);
    return tally();
}

BlockTally GraphXml::finish() {
    feed({}, true);
    at_end();
    rows_.settle();
    return tally();
}

std::unique_ptr<BlockParser> GraphXmlFormat::parser(ThreadRows& into) {
    return dialect_ == XmlDialect::graphml ? graphml_parser(plan_, nodes_, into) : gexf_parser(plan_, nodes_, into);
}

bool xml_graph_is_undirected(XmlDialect dialect, std::string_view head) {
    if (dialect == XmlDialect::graphml) return first_attribute(head, "edgedefault") == "undirected";
    const std::string_view type = first_attribute(head, "defaultedgetype");
    return type.empty() || type == "undirected";
}

}  // namespace coterie
