//! What stands in the parentheses of the attribute.

use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Token};

/// `"name"`, `crate = "path"`, both or neither, in any order.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) path: Option<Path>,
    /// Set by `last`, which the attribute gives itself when it has stepped behind the others.
    pub(crate) last: bool,
}

syn::custom_keyword!(last);

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self::default();
        while !input.is_empty() {
            if input.peek(Token![crate]) {
                let key = input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                let path = input.parse::<LitStr>()?.parse_with(Path::parse_mod_style)?;
                if args.path.replace(path).is_some() {
                    return Err(syn::Error::new(key.span, "`crate` is given twice"));
                }
            } else if input.peek(LitStr) {
                let name = input.parse::<LitStr>()?;
                let span = name.span();
                if args.name.replace(name).is_some() {
                    return Err(syn::Error::new(span, "the name is given twice"));
                }
            } else if input.peek(last) {
                input.parse::<last>()?;
                args.last = true;
            } else {
                return Err(input.error("expected a name in quotes or `crate = \"path\"`"));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}
