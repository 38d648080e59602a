//! What the attribute makes of a function.

#[cfg(test)]
mod tests;

use crate::args::Args;
use crate::returns::{Boxing, EarlyReturn, EraseImpl, Returns, is_boxed};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Block, Expr, FnArg, Ident, ItemFn, LitStr, Pat, Path, ReturnType, Stmt, Type,
};

/// Returns the function in a span, or the error at the place that caused it.
pub(crate) fn expand(args: TokenStream, item: TokenStream, path: &str) -> TokenStream {
    try_expand(args, item.clone(), path).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        // With the function as it was, so that this is the only error.
        quote! { #error #item }
    })
}

fn try_expand(args: TokenStream, item: TokenStream, path: &str) -> syn::Result<TokenStream> {
    let args: Args = syn::parse2(args)?;
    let mut function: ItemFn = syn::parse2(item).map_err(|error| {
        syn::Error::new(error.span(), "`#[profiled]` stands before a function with a body")
    })?;
    if let Some(token) = function.sig.constness {
        return Err(syn::Error::new(token.span, "a `const fn` cannot be profiled"));
    }
    let path = match args.path {
        Some(path) => path,
        None => syn::parse_str(path)?,
    };
    let own = &function.sig.ident;
    let name = args.name.unwrap_or_else(|| LitStr::new(&own.unraw().to_string(), own.span()));
    let wrap = Wrap { path, name };
    if function.sig.asyncness.is_some() {
        if !args.last && function.attrs.iter().any(|attribute| !is_inert(attribute)) {
            return Ok(wrap.behind_others(&mut function));
        }
        wrap.async_function(&mut function);
    } else {
        wrap.function(&mut function);
    }
    Ok(quote! { #function })
}

struct Wrap {
    path: Path,
    name: LitStr,
}

impl Wrap {
    /// Puts this attribute behind the others: those that want an `async fn`, such as
    /// `#[tokio::main]`, see the one that was written, and what they make of it is profiled.
    fn behind_others(&self, function: &mut ItemFn) -> TokenStream {
        let Self { path, name } = self;
        let as_text = LitStr::new(&quote! { #path }.to_string(), Span::call_site());
        function
            .attrs
            .push(syn::parse_quote! { #[#path::profiled(#name, crate = #as_text, last)] });
        quote! { #function }
    }

    fn function(&self, function: &mut ItemFn) {
        let returns = Returns::of(&function.sig.output);
        let boxing = is_boxed(&function.sig.output);
        let body = match returns {
            Returns::Value => self.guarded(&function.block),
            Returns::Result => self.judged(&function.sig.output, &mut function.block),
            Returns::Future | Returns::Stream | Returns::Iterator => {
                match pinned_block(&mut function.block) {
                    // What `#[async_trait]` writes: the wrapper goes inside of the box.
                    Some(inner) if returns == Returns::Future => {
                        *inner = Expr::Verbatim(self.lazy(returns, &quote! { #inner }));
                        return;
                    }
                    _ => {
                        let ty = match boxing {
                            Some(_) => annotation(&function.sig.output),
                            None => quote! { _ },
                        };
                        let made = called(&ty, &mut function.block);
                        let wrapped = self.lazy(returns, &quote! { __atp_value });
                        let wrapped = match boxing {
                            Some(Boxing::Box) => quote! { ::std::boxed::Box::new(#wrapped) },
                            Some(Boxing::Pin) => quote! { ::std::boxed::Box::pin(#wrapped) },
                            None => wrapped,
                        };
                        quote! {{
                            #[allow(unused_braces, reason = "they are the function's")]
                            let __atp_value = #made;
                            #wrapped
                        }}
                    }
                }
            }
        };
        *function.block = block(body);
    }

    fn guarded(&self, body: &Block) -> TokenStream {
        let Self { path, name } = self;
        let stmts = &body.stmts;
        quote! {{
            let __atp_span = #path::profile(#name);
            #(#stmts)*
        }}
    }

    /// Holds a guard, and looks at the value for an error. What is called `Result` may be a type of
    /// the program's own, so that is left to the compiler.
    fn judged(&self, output: &ReturnType, body: &mut Block) -> TokenStream {
        let Self { path, name } = self;
        let ty = annotation(output);
        let made = called(&ty, body);
        quote! {{
            let __atp_span = #path::profile(#name);
            #[allow(unused_braces, reason = "they are the function's")]
            let __atp_value: #ty = #made;
            #path::profile!(@judge __atp_span, __atp_value);
            __atp_value
        }}
    }

    /// Wraps an expression whose value is polled or stepped later.
    fn lazy(&self, returns: Returns, value: &TokenStream) -> TokenStream {
        let Self { path, name } = self;
        match returns {
            Returns::Stream => quote! { #path::ProfileStreamExt::profiled(#value, #name) },
            Returns::Iterator => quote! { #path::ProfileIteratorExt::profiled(#value, #name) },
            _ => quote! { #path::profile_async!(#name, #value) },
        }
    }

    /// Turns `async fn f() -> T` into `fn f() -> impl Future<Output = T>`.
    fn async_function(&self, function: &mut ItemFn) {
        let output = match &function.sig.output {
            ReturnType::Default => quote! { () },
            ReturnType::Type(_, ty) => quote! { #ty },
        };
        let ty = annotation(&function.sig.output);
        let diverges = matches!(&function.sig.output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)));
        let stmts = &function.block.stmts;
        if diverges {
            // `!` may not be written as an associated type, so this one stays as it is and finds
            // its parent at its first poll.
            let Self { path, name } = self;
            let inner = quote! { async move { #(#stmts)* } };
            *function.block =
                block(quote! {{ #path::ProfileFutureExt::profiled(#inner, #name).await }});
            return;
        }
        let captures = capture_arguments(function);
        let stmts = &function.block.stmts;
        let future = quote! {
            async move {
                // Tells the type of the block, which an `async fn` knows from its signature.
                #[allow(
                    unreachable_code, clippy::diverging_sub_expression, clippy::let_unit_value,
                    clippy::needless_return, clippy::empty_loop,
                    reason = "never runs"
                )]
                if false {
                    let __atp_never: #ty = loop {};
                    return __atp_never;
                }
                #captures
                #(#stmts)*
            }
        };
        let body = self.lazy(Returns::Future, &future);
        function.sig.asyncness = None;
        // Spans of this crate's edition: the returned future captures all lifetimes, as an
        // `async fn` does in every edition.
        let opaque = quote_spanned! { Span::mixed_site() =>
            -> impl ::core::future::Future<Output = #output>
        };
        function.sig.output = syn::parse2(opaque).expect("a return type parses as one");
        *function.block = block(quote! {{ #body }});
    }
}

/// Moves each argument into the future, used there or not: an `async fn` drops them at its end.
fn capture_arguments(function: &mut ItemFn) -> TokenStream {
    let mut captures = TokenStream::new();
    for (index, arg) in function.sig.inputs.iter_mut().enumerate() {
        let capture = match arg {
            FnArg::Receiver(receiver) => {
                let this = receiver.self_token;
                quote! { let _ = &#this; }
            }
            FnArg::Typed(typed) => {
                let (cfg, lints) = typed
                    .attrs
                    .drain(..)
                    .partition::<Vec<_>, _>(|attribute| attribute.path().is_ident("cfg"));
                let capture = match &*typed.pat {
                    Pat::Ident(plain) if plain.mutability.is_none() && plain.by_ref.is_none() => {
                        let name = &plain.ident;
                        quote! { #(#cfg)* #(#lints)* let #name = #name; }
                    }
                    pattern => {
                        let name: Ident = format_ident!("__atp_argument_{index}");
                        let capture = quote! {
                            #(#cfg)* let #name = #name;
                            #(#cfg)* #(#lints)* let #pattern = #name;
                        };
                        *typed.pat = syn::parse_quote! { #name };
                        capture
                    }
                };
                typed.attrs = cfg;
                capture
            }
        };
        captures.extend(capture);
    }
    captures
}

/// Returns the return type as it may be written inside of a body.
fn annotation(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => quote! { () },
        ReturnType::Type(_, ty) => {
            let mut ty = ty.clone();
            EraseImpl.visit_type_mut(&mut ty);
            quote! { #ty }
        }
    }
}

/// Returns the body as an expression that early returns do not leave further than its value.
fn called(ty: &TokenStream, body: &mut Block) -> TokenStream {
    if !returns_early(body) {
        return quote! { #body };
    }
    // A closure that is known to run once may return what it borrows from what it has moved in.
    quote! {
        ::core::option::Option::unwrap_or_else(::core::option::Option::None, move || -> #ty #body)
    }
}

fn returns_early(body: &mut Block) -> bool {
    let mut early = EarlyReturn::default();
    early.visit_block_mut(body);
    early.found
}

/// Returns `async move { … }` of a body that is `Box::pin(async move { … })`.
fn pinned_block(body: &mut Block) -> Option<&mut Expr> {
    if returns_early(body) {
        return None;
    }
    let Some(Stmt::Expr(Expr::Call(call), None)) = body.stmts.last_mut() else { return None };
    let Expr::Path(callee) = &*call.func else { return None };
    let mut names = callee.path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let is_box_pin = names.next()? == "pin" && names.next()? == "Box";
    let argument = call.args.first_mut()?;
    (is_box_pin && matches!(argument, Expr::Async(_))).then_some(argument)
}

/// Returns whether an attribute is one of those that everybody writes and that make no code.
fn is_inert(attribute: &Attribute) -> bool {
    const INERT: [&str; 10] = [
        "allow",
        "cfg",
        "deprecated",
        "deny",
        "doc",
        "expect",
        "forbid",
        "inline",
        "must_use",
        "warn",
    ];
    INERT.iter().any(|name| attribute.path().is_ident(name))
}

fn block(tokens: TokenStream) -> Block {
    syn::parse2(tokens).expect("braces with statements parse as a block")
}
