//! What a function returns, as far as its signature says.

use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprAsync, ExprClosure, ExprReturn, ExprTry, GenericArgument, Item, Macro, PathArguments,
    ReturnType, Type, TypeParamBound,
};

/// What has to be done so that the span lasts as long as the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    /// The work is done when the function returns.
    Value,
    /// The same, and an `Err` is a failure.
    Result,
    /// The work is done by whoever polls or steps what is returned.
    Future,
    Stream,
    Iterator,
}

impl Returns {
    pub(crate) fn of(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else { return Self::Value };
        if let Some(lazy) = Self::lazy(ty) {
            return lazy;
        }
        match last_segment(ty) {
            Some(segment) if segment.ident == "Result" => Self::Result,
            _ => Self::Value,
        }
    }

    /// Looks through `impl`, `dyn`, `Box`, `Pin` and the aliases of the futures crate.
    fn lazy(ty: &Type) -> Option<Self> {
        let bounds = match ty {
            Type::ImplTrait(ty) => &ty.bounds,
            Type::TraitObject(ty) => &ty.bounds,
            Type::Paren(ty) => return Self::lazy(&ty.elem),
            Type::Group(ty) => return Self::lazy(&ty.elem),
            Type::Path(_) => {
                let segment = last_segment(ty)?;
                return match segment.ident.to_string().as_str() {
                    "BoxFuture" | "LocalBoxFuture" => Some(Self::Future),
                    "BoxStream" | "LocalBoxStream" => Some(Self::Stream),
                    "Box" | "Pin" => {
                        let PathArguments::AngleBracketed(args) = &segment.arguments else {
                            return None;
                        };
                        args.args.iter().find_map(|arg| match arg {
                            GenericArgument::Type(inner) => Self::lazy(inner),
                            _ => None,
                        })
                    }
                    _ => None,
                };
            }
            _ => return None,
        };
        bounds.iter().find_map(|bound| {
            let TypeParamBound::Trait(bound) = bound else { return None };
            match bound.path.segments.last()?.ident.to_string().as_str() {
                "Future" => Some(Self::Future),
                "FusedFuture" => Some(Self::Future),
                "Stream" | "FusedStream" => Some(Self::Stream),
                "Iterator" | "DoubleEndedIterator" | "ExactSizeIterator" | "FusedIterator" => {
                    Some(Self::Iterator)
                }
                _ => None,
            }
        })
    }
}

/// Returns whether a type is written with a box around it, which what is wrapped needs again.
pub(crate) fn is_boxed(output: &ReturnType) -> Option<Boxing> {
    let ReturnType::Type(_, ty) = output else { return None };
    match last_segment(ty)?.ident.to_string().as_str() {
        "Box" => Some(Boxing::Box),
        "Pin" | "BoxFuture" | "LocalBoxFuture" | "BoxStream" | "LocalBoxStream" => {
            Some(Boxing::Pin)
        }
        _ => None,
    }
}

/// How what is wrapped is boxed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boxing {
    Box,
    Pin,
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Paren(ty) => last_segment(&ty.elem),
        Type::Group(ty) => last_segment(&ty.elem),
        _ => None,
    }
}

/// Puts `_` in the place of each `impl Trait`, which may not be written in a body.
pub(crate) struct EraseImpl;

impl VisitMut for EraseImpl {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            *ty = Type::Infer(syn::TypeInfer { underscore_token: Default::default() });
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// Finds out whether a body returns early, other than from closures and blocks inside.
#[derive(Default)]
pub(crate) struct EarlyReturn {
    pub(crate) found: bool,
}

impl VisitMut for EarlyReturn {
    fn visit_expr_return_mut(&mut self, _: &mut ExprReturn) {
        self.found = true;
    }

    fn visit_expr_try_mut(&mut self, _: &mut ExprTry) {
        self.found = true;
    }

    /// A macro may hide either.
    fn visit_macro_mut(&mut self, _: &mut Macro) {
        self.found = true;
    }

    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}

    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}

    fn visit_item_mut(&mut self, _: &mut Item) {}
}
