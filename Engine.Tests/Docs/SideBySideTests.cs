using System.Reflection;
using System.Text.RegularExpressions;
using Engine.Core;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Meta;
using Xunit;

namespace Engine.Tests.Docs;

/// <summary>What docs/pytorch-jax.md says is called what: all names in its last column are those of public members.</summary>
public class SideBySideTests
{
    private const BindingFlags Members = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    private static readonly ILookup<string, Type> s_types = new[] { typeof(Device), typeof(Tensor), typeof(InnerLoop) }
        .SelectMany(type => type.Assembly.GetExportedTypes()).ToLookup(type => type.Name.Split('`')[0]);

    private static readonly Dictionary<string, Type> s_variables = new()
    {
        ["x"] = typeof(Tensor),
        ["a"] = typeof(Tensor),
        ["indices"] = typeof(Tensor),
        ["key"] = typeof(Key),
        ["gpu"] = typeof(Device),
        ["adam"] = typeof(Adam),
        ["linear"] = typeof(Linear),
        ["mlp"] = typeof(Mlp),
        ["conv"] = typeof(Conv2d),
    };

    public static TheoryData<string> Snippets
    {
        get
        {
            var snippets = new TheoryData<string>();
            string[] rows = File.ReadAllLines(Path.Combine(Pages.Root(), "docs", "pytorch-jax.md"));
            foreach (string row in rows.Where(row => row.StartsWith('|') && !row.StartsWith("| ---", StringComparison.Ordinal)))
            {
                string[] cells = row.Split(" | ");
                Assert.True(cells.Length == 3, row);
                foreach (Match code in Regex.Matches(cells[2], "`([^`]+)`"))
                    snippets.Add(code.Groups[1].Value);
            }

            return [.. snippets.Select(row => row.Data).Distinct()];
        }
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void EveryNameIsOneOfTheLibrary(string code)
    {
        string text = Regex.Replace(code, "\"[^\"]*\"", "\"\"");
        var used = new List<MemberInfo>();
        foreach (Match creation in Regex.Matches(text, @"new (\w+)"))
        {
            string name = creation.Groups[1].Value;
            Assert.True(s_types.Contains(name), $"{code}: there is no type {name}.");
            used.AddRange(s_types[name].SelectMany(type => type.GetConstructors()));
        }

        // Chains that begin with a type or a variable, and what is called on a result, which is a tensor.
        foreach (Match chain in Regex.Matches(text, @"(?<![\w.)\]])([A-Za-z]\w*)((?:\.[A-Za-z]\w*)+)|(?<=\))((?:\.[A-Za-z]\w*)+)"))
        {
            string root = chain.Groups[1].Value;
            var types = root.Length == 0 ? [typeof(Tensor)]
                : s_variables.TryGetValue(root, out var variable) ? [variable]
                : s_types[root].ToArray();
            Assert.True(types.Length > 0, $"{code}: there is no {root}.");
            foreach (string name in chain.Value[root.Length..].Split('.', StringSplitOptions.RemoveEmptyEntries))
            {
                MemberInfo[] found = [.. types.SelectMany(type => type.GetMember(name, Members))];
                Assert.True(found.Length > 0, $"{code}: {types[0].Name} has no public {name}.");
                used.AddRange(found);
                types = [.. found.OfType<PropertyInfo>().Select(property => property.PropertyType)];
            }
        }

        // A word by itself is a type, if it begins with a capital letter.
        if (Regex.IsMatch(text, "^[A-Z]\\w*$"))
            Assert.True(s_types.Contains(text), $"{code}: there is no type {text}.");

        var parameters = used.OfType<MethodBase>().SelectMany(member => member.GetParameters()).Select(each => each.Name).ToHashSet();
        foreach (Match named in Regex.Matches(text, @"[(,] ?(\w+): "))
            Assert.True(parameters.Contains(named.Groups[1].Value), $"{code}: nothing has a parameter {named.Groups[1].Value}.");
        var made = used.OfType<ConstructorInfo>().Select(constructor => constructor.DeclaringType!).ToArray();
        foreach (Match set in Regex.Matches(text, @"\{ (\w+) = "))
        {
            string name = set.Groups[1].Value;
            Assert.True(Array.Exists(made, type => type.GetProperty(name) is not null), $"{code}: there is no property {name}.");
        }
    }

    [Fact]
    public void ThePageHasMoreThanAHundredNames() => Assert.True(Snippets.Count > 100);
}
