using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Operations;
using Engine.Kernels;

namespace Engine.Tests.Docs;

/// <summary>
/// docs/operations.md, made from the code: operations are found by reflection, and what is said of them comes of trying them on the inputs
/// of their samples.
/// </summary>
internal static class OperationsPage
{
    private static readonly ElementType[] s_types = [ElementType.Float32, ElementType.Float64, ElementType.Int32];
    private static readonly Assembly s_core = typeof(Primitive).Assembly;
    private static readonly Dictionary<string, XElement> s_summaries
        = XDocument.Load(Path.ChangeExtension(s_core.Location, ".xml")).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!);

    private static readonly ILookup<Type, string> s_makers = Makers();

    public static string Text()
    {
        using var scope = new TensorScope();
        var operations = s_core.GetTypes().Where(type => type.IsAssignableTo(typeof(Primitive)) && !type.IsAbstract)
            .OrderBy(type => type.Name, StringComparer.Ordinal).Select(type => new Tried(type)).ToArray();
        var page = new StringBuilder();
        page.Append(
            """
            # All operations

            Everything that tensors can do is made of these operations of Engine.Core. A test makes this page from the code: it finds
            operations by reflection, and tries each of them on inputs of the sample that its derivatives are checked on. It fails if the
            page says anything else, and this writes the page anew:

            ```sh
            ENGINE_UPDATE_DOCS=1 dotnet test -c Release --filter FullyQualifiedName~OperationsTests
            ```

            - **Operation**: its name, with the parameters of the record in brackets.
            - **Inputs and results**: T is one type, which all inputs marked so share. Where a result has a parameter's name, its type is
              that parameter.
            - **T**: the types that the operation takes. "Int32 *" means that it does so if its numbers are whole.
            - **Gradient**: tried in Float64. "yes" says that the rule gives a cotangent to each input of floating-point numbers; otherwise
              the inputs are named that get one, counted from 1. "zero" says that the derivative is zero everywhere, and "none" that there
              is nothing to differentiate, since inputs or results are integers.
            - **Order**: to which order derivatives are compared with finite differences. Rules are made of operations, so there are
              derivatives of any order.
            - **Batching**: what happens within `Batch.Map`. "elementwise" is the rule that comes with `Unary`, `Binary` and `Ternary`,
              "own" is a rule of the operation's own, and "one by one" is none.
            - **Made by**: public members whose code makes the operation. Without one, it is made within others or by gradient rules.

            """);
        Table(page, "Elementwise", operations.Where(each => each.IsElementwise));
        Table(page, "Along axes, of layouts, images and keys", operations.Where(each => !each.IsElementwise));
        return page.ToString();
    }

    private static void Table(StringBuilder page, string title, IEnumerable<Tried> operations)
    {
        page.Append($"\n## {title}\n\n| operation | inputs and results | T | gradient | order | batching | made by | what it is |\n");
        page.Append("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var each in operations)
        {
            string[] cells =
            [
                $"`{each.Signature}`", each.Types, each.Takes, each.Gradient, each.Order, each.Batching,
                string.Join(", ", s_makers[each.Type].Distinct().Order(StringComparer.Ordinal)), Summary(each.Type),
            ];
            page.Append($"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", @"\|", StringComparison.Ordinal)))} |\n");
        }
    }

    // The first sentence.
    private static string Summary(Type type)
    {
        string text = string.Concat(s_summaries[$"T:{type.FullName}"].Nodes().Select(node => node switch
        {
            XText words => words.Value,
            XElement { Name.LocalName: "see" } link => Regex.Match(link.Attribute("cref")!.Value.Split('(')[0], @"\w+$").Value,
            XElement { Name.LocalName: "paramref" } name => name.Attribute("name")!.Value,
            XElement other => other.Value,
            _ => "",
        }));
        text = Regex.Replace(text, @"\s+", " ").Trim();
        return Regex.Match(text, @"^.*?\.(?= [A-Z])|^.*$").Value;
    }

    // Public members by the operations that they construct, as their code says, that of their lambdas and local functions included.
    private static ILookup<Type, string> Makers()
    {
        const BindingFlags All
            = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return s_core.GetExportedTypes().Where(type => !type.IsAssignableTo(typeof(Primitive))).SelectMany(
            type => type.GetNestedTypes(BindingFlags.NonPublic).Append(type).SelectMany(each => each.GetMethods(All))
                .Select(method => (Method: method, Name: Regex.Replace(method.Name, "^<(.*?)>.*$", "$1")))
                .Where(each => type.GetMember(each.Name).Length > 0)
                .SelectMany(each => Constructed(each.Method).Select(made => (Made: made, Name: NameOf(type, each.Name)))))
            .ToLookup(each => each.Made, each => each.Name);
    }

    private static IEnumerable<Type> Constructed(MethodInfo method)
    {
        const byte NewObject = 0x73;
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        Type[] ofType = method.DeclaringType!.GetGenericArguments(), ofMethod = method.GetGenericArguments();
        for (int at = 0; at + 4 < code.Length; at++)
        {
            if (code[at] == NewObject && Resolved(BitConverter.ToInt32(code, at + 1)) is { } made && made.IsAssignableTo(typeof(Primitive)))
                yield return made;
        }

        // What looks like the instruction may be a part of another one.
        Type? Resolved(int token)
        {
            try
            {
                return method.Module.ResolveMethod(token, ofType, ofMethod) is ConstructorInfo made ? made.DeclaringType : null;
            }
            catch (Exception e) when (e is ArgumentException or BadImageFormatException)
            {
                return null;
            }
        }
    }

    private static string NameOf(Type type, string method) => method switch
    {
        "op_UnaryNegation" => "`-x`",
        "op_Addition" => "`+`",
        "op_Subtraction" => "`-`",
        "op_Multiply" => "`*`",
        "op_Division" => "`/`",
        "op_Modulus" => "`%`",
        "op_Equality" => "`==`",
        "op_Inequality" => "`!=`",
        "op_GreaterThan" => "`>`",
        "op_GreaterThanOrEqual" => "`>=`",
        "op_LessThan" => "`<`",
        "op_LessThanOrEqual" => "`<=`",
        "get_Part" => "`x[...]`",
        _ => $"`{type.Name.Split('`')[0]}.{method}`",
    };

    /// <summary>What trying an operation shows.</summary>
    private sealed class Tried
    {
        private readonly (Primitive Operation, Tensor[] Inputs)[] _uses;

        public Tried(Type type)
        {
            Type = type;
            var samples = OperationSample.All.Where(sample => sample.Operation == type).ToArray();
            _uses = [.. samples.SelectMany(Uses)];
            var (operation, x) = _uses[0];
            var y = operation.ApplyAll(x);
            var results = y.Select((result, i) => ResultType(i));
            var inputs = _uses.Select(Inputs).Distinct().Order(StringComparer.Ordinal);
            Types = $"{string.Join(" or ", inputs)} → {string.Join(", ", results)}";
            Takes = x.Any(input => input.Type.IsFloat()) ? string.Join(", ", s_types.Select(Taken).Where(text => text.Length > 0)) : "";
            Gradient = GradientRule(operation, x, y);
            Order = Gradient is "none" or "zero" ? "" : $"{samples.Max(sample => sample.Order)}";
        }

        public Type Type { get; }

        public string Types { get; }

        public string Takes { get; }

        public string Gradient { get; }

        public string Order { get; }

        public bool IsElementwise => Derives(typeof(Unary<>)) || Derives(typeof(Binary<>)) || Derives(typeof(Ternary<>));

        public string Batching
            => IsElementwise ? "elementwise"
                : Declaring("Batched", "BatchedAll") != typeof(Operation) && Declaring("Batched", "BatchedAll") != typeof(Primitive) ? "own"
                : "one by one";

        public string Signature
            => Constructor.GetParameters() is { Length: > 0 } parameters
                ? $"{Type.Name}({string.Join(", ", parameters.Select(parameter => $"{NameOf(parameter.ParameterType)} {parameter.Name}"))})"
                : Type.Name;

        // The one that takes the record's parameters, and not another record.
        private ConstructorInfo Constructor
            => Type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
                .First(each => !(each.GetParameters() is [var only] && only.ParameterType == Type));

        private static string NameOf(Type type)
            => type == typeof(double) ? "double" : type == typeof(int) ? "int" : type == typeof(bool) ? "bool" : type.Name.Split('`')[0];

        // How the sample uses the operation. Where the result has forgotten its inputs, those are taken that fit first.
        private static IEnumerable<(Primitive Operation, Tensor[] Inputs)> Uses(OperationSample sample)
        {
            var x = sample.Inputs();
            var words = Tensor.From([1, 2, 3, 4, 1, 2, 3, 5], [2, 4]);
            var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
            var open = new Stack<Tensor>([sample.Function(x)]);
            while (open.TryPop(out var tensor))
            {
                if (!seen.Add(tensor))
                    continue;
                if (tensor.Operation?.GetType() == sample.Operation)
                {
                    Tensor[][] candidates = [tensor.Inputs, [x[0]], [words], [words, words[.., 0]], [Tensor.Zeros([2, 4]), words]];
                    yield return (tensor.Operation, candidates.First(inputs => inputs.Length > 0 && Applies(tensor.Operation, inputs)));
                }

                foreach (var input in tensor.Inputs)
                    open.Push(input);
            }
        }

        private static bool Applies(Primitive operation, Tensor[] inputs)
        {
            try
            {
                operation.ApplyAll(inputs);
                return true;
            }
            catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException)
            {
                return false;
            }
        }

        private static Tensor[] Cast(Tensor[] x, ElementType type) => [.. x.Select(each => each.Type.IsFloat() ? each.Cast(type) : each)];

        private static string GradientRule(Primitive operation, Tensor[] x, Tensor[] y)
        {
            if (!x.Any(input => input.Type.IsFloat()) || !y.Any(result => result.Type.IsFloat()))
                return "none";
            var rule = Rule(operation, x, y);
            int[] with = [.. Enumerable.Range(0, x.Length).Where(i => rule[i] is not null)];
            return with.Length == 0 ? "zero"
                : x.Index().All(each => !each.Item.Type.IsFloat() || rule[each.Index] is not null) ? "yes"
                : $"input{(with.Length > 1 ? "s" : "")} {string.Join(", ", with.Select(i => i + 1))}";
        }

        private static Tensor?[] Rule(Primitive operation, Tensor[] x, Tensor[] y)
            => operation.VjpAll(
                [.. y.Select(result => result.Type.IsFloat() ? Tensor.OnesLike(result) : null)], y, x, [.. x.Select(_ => true)]);

        // Any number, if each of one and of more gets a cotangent: those that an operation does not look at get none.
        private static string Inputs((Primitive Operation, Tensor[] Inputs) use)
        {
            var x = use.Inputs;
            string[] types = [.. x.Select(input => input.Type.IsFloat() ? "T" : $"{input.Type}")];
            bool isAny = x[0].Type.IsFloat() && new[] { 1, x.Length + 1, x.Length + 2 }.All(Fits);
            return isAny ? "T, T, ..." : string.Join(", ", types);

            bool Fits(int count)
            {
                Tensor[] inputs = [.. Enumerable.Range(0, count).Select(i => x[Math.Min(i, x.Length - 1)])];
                return Applies(use.Operation, inputs) && Rule(use.Operation, inputs, use.Operation.ApplyAll(inputs)).Length == count;
            }
        }

        // As the inputs', or that of a parameter, or always the same.
        private string ResultType(int result)
        {
            var (operation, x) = _uses[0];
            var given = operation.ApplyAll(x)[result].Type;
            var parameter = Type.GetProperties().FirstOrDefault(
                property => property.PropertyType == typeof(ElementType) && property.GetIndexParameters().Length == 0);
            if (Constructor.GetParameters().Any(each => each.ParameterType == typeof(ElementType)) && parameter is not null)
                return parameter.Name;
            return x.Any(input => input.Type.IsFloat()) && given.IsFloat() ? "T" : $"{given}";
        }

        private string Taken(ElementType type)
        {
            if (!_uses.All(use => Applies(With(use.Operation, 2), Cast(use.Inputs, type))))
                return "";
            return _uses.All(use => Applies(With(use.Operation, 0.5), Cast(use.Inputs, type))) ? $"{type}" : $"{type} *";
        }

        // The operation with another number in place of its own.
        private Primitive With(Primitive operation, double number)
        {
            var parameters = Constructor.GetParameters();
            return (Primitive)Constructor.Invoke(
                [.. parameters.Select(each => each.ParameterType == typeof(double) ? number : Property(each.Name!).GetValue(operation))]);
        }

        private PropertyInfo Property(string name) => Type.GetProperty(name)!;

        private bool Derives(Type definition)
        {
            for (var type = Type; type is not null; type = type.BaseType)
            {
                if (type.IsGenericType && type.GetGenericTypeDefinition() == definition)
                    return true;
            }

            return false;
        }

        private Type Declaring(params string[] names)
            => Type.GetMethods(BindingFlags.NonPublic | BindingFlags.Instance).Where(method => names.Contains(method.Name))
                .Select(method => method.DeclaringType!)
                .OrderByDescending(Depth).First();

        private static int Depth(Type type) => type.BaseType is { } parent ? 1 + Depth(parent) : 0;
    }
}
