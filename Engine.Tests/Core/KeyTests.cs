using Engine.Core;
using Engine.Core.Files;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class KeyTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(12345)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void ANumberIsFoldedInAsATensorOfIt(int number)
    {
        var key = Key.Of(-7);
        Assert.Equal([], key.Shape);
        Assert.Equal(Words(PlainKey.Of(-7).Fold(number)), Words(key.Fold(number)));
        Assert.Equal(Words(key.Fold(number)), Words(key.Fold(Tensor.Full(number, [], ElementType.Int32))));
    }

    [Theory]
    [MemberData(nameof(TestDevices.ForNetworks), MemberType = typeof(TestDevices))]
    public void NoKeysAreMadeWhereNoneAreAskedFor(string device)
    {
        var keys = Key.Of(1, TestDevices.Open(device)).Split(3);
        Assert.Equal([3, 0], keys.Split(0).Shape);
        Assert.Equal([3, 0], keys.Fold(5..5).Shape);
        Assert.Throws<ArgumentException>(() => keys.Fold(5..4));
        Assert.Throws<ArgumentException>(() => keys.Fold(..^1));
    }

    // Enough for several threads.
    [Fact]
    public void SeveralKeysAreFoldedAndSplitAsOneByOne()
    {
        const int Keys = 5000, Each = 3;
        var plain = PlainKey.Of(3);
        var keys = Key.Of(3).Split(Keys);
        Assert.Equal([Keys], keys.Shape);
        var (folded, ranged, split) = (keys.Fold(9), keys.Fold(7..(7 + Each)), keys.Split(Each));
        var numbered = keys.Fold(Tensor.Range(Keys, ElementType.Int32) - 17);
        Assert.Equal([Keys, Each], split.Shape);
        Assert.Equal([Keys, Each], ranged.Shape);
        int[] a = Words(folded), b = Words(split), c = Words(numbered), d = Words(ranged);
        for (int i = 0; i < Keys; i++)
        {
            var own = plain.Split(i);
            Assert.Equal(Words(own.Fold(9)), a[(4 * i)..(4 * (i + 1))]);
            Assert.Equal(Words(own.Fold(i - 17)), c[(4 * i)..(4 * (i + 1))]);
            for (int j = 0; j < Each; j++)
            {
                var place = (4 * ((Each * i) + j))..(4 * ((Each * i) + j + 1));
                Assert.Equal(Words(own.Split(j)), b[place]);
                Assert.Equal(Words(own.Fold(7 + j)), d[place]);
            }
        }

        // However keys are divided among calls.
        var (left, right) = (keys[..1234], keys[1234..]);
        Assert.Equal(a, Words(left.Fold(9)).Concat(Words(right.Fold(9))));
        Assert.Equal(b, Words(left.Split(Each)).Concat(Words(right.Split(Each))));
        Assert.Equal(
            Tensor.Normal(keys, [2]).ToDoubles(), Tensor.Normal(left, [2]).ToDoubles().Concat(Tensor.Normal(right, [2]).ToDoubles()));
    }

    [Fact]
    public void KeysAreIndexedStackedAndReshaped()
    {
        var keys = Key.Of(3).Split(6);
        Assert.Equal(Words(PlainKey.Of(3).Split(4)), Words(keys[4]));
        Assert.Equal(Words(keys[5]), Words(keys[^1]));
        Assert.Equal([2], keys[1..3].Shape);
        Assert.Equal([2, 3], keys.Reshape(2, -1).Shape);
        Assert.Equal(Words(keys[4]), Words(keys.Reshape(2, 3)[1][1]));
        Assert.Equal([1], keys[0].Reshape(1).Shape);
        var stacked = Key.Stack([keys[2], keys[0]]);
        Assert.Equal([2], stacked.Shape);
        Assert.Equal([.. Words(keys[2]), .. Words(keys[0])], Words(stacked));
        Assert.Equal([6, 0], keys.Split(0).Shape);
        Assert.Equal([0, 7], Tensor.Uniform(Key.Of(3).Split(0), [7]).Shape);
        Assert.Equal(Device.Cpu, keys.Device);
        Assert.Equal(Words(keys), Words(keys.To(Device.Cpu)));
    }

    [Fact]
    public void AxesOfKeysAndNumbersBroadcast()
    {
        var numbers = Tensor.From(5, -1, 7);
        var key = Key.Of(8);
        var several = key.Fold(numbers);
        Assert.Equal([3], several.Shape);
        Assert.Equal([.. Words(key.Fold(5)), .. Words(key.Fold(-1)), .. Words(key.Fold(7))], Words(several));

        var seeds = Key.Stack([Key.Of(1), Key.Of(2)]);
        var table = seeds.Reshape(2, 1).Fold(numbers);
        Assert.Equal([2, 3], table.Shape);
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 3; j++)
                Assert.Equal(Words(seeds[i].Fold((int)numbers[j].Item())), Words(table[i][j]));
        }

        Assert.Equal(Words(seeds.Fold(4)), Words(seeds.Fold(Tensor.Full(4, [], ElementType.Int32))));
        Assert.Equal(Words(seeds.Fold(4)), Words(seeds.Fold(Tensor.From(4))));
        Assert.Equal([.. Words(seeds[0].Fold(4)), .. Words(seeds[1].Fold(5))], Words(seeds.Fold(Tensor.From(4, 5))));
    }

    [Fact]
    public void KeysOfAMapAreFoldedAndSplitAsInALoop()
    {
        const int Members = 4;
        var (keys, shared, numbers) = (Key.Of(5).Split(Members), Key.Of(6), Tensor.From(3, 1, 4, 1));
        (Key Key, Tensor Number) members = (keys, numbers);
        Func<(Key Key, Tensor Number), Key>[] functions =
        [
            x => x.Key.Fold(7),
            x => x.Key.Split(3),
            x => x.Key.Split(3)[1].Fold(x.Number),
            x => x.Key.Fold(x.Number),
            x => shared.Fold(x.Number),
            x => x.Key.Fold(numbers),
            x => shared.Split(2).Fold(x.Number),
            x => x.Key.Split(2).Reshape(2, 1).Fold(numbers),
        ];
        foreach (var function in functions)
        {
            var mapped = Batch.Map(function, members);
            var drawn = Batch.Map(x => Tensor.Uniform(function(x), [5]), members);
            for (int member = 0; member < Members; member++)
            {
                var alone = function((keys[member], numbers[member]));
                Assert.Equal(alone.Shape, mapped[member].Shape);
                Assert.Equal(Words(alone), Words(mapped[member]));
                Assert.Equal(Tensor.Uniform(alone, [5]).ToDoubles(), drawn[member].ToDoubles());
            }
        }
    }

    [Fact]
    public void KeysOfNestedMapsAreFoldedAndSplitAsInLoops()
    {
        var (keys, numbers) = (Key.Of(5).Split(3), Tensor.From(3, 1));
        var mapped = Batch.Map(
            outer => Batch.Map(
                x => Tensor.Integers(x.Key.Fold(x.Number).Split(2), 0, 1 << 30, [3]), (Key: outer.Split(2), Number: numbers)),
            keys);
        var crossed = Batch.Map(outer => Batch.Map(number => Tensor.Uniform(outer.Fold(number), [3]), numbers), keys);
        Assert.Equal([3, 2, 2, 3], mapped.Shape);
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 2; j++)
            {
                int number = (int)numbers[j].Item();
                Assert.Equal(
                    Tensor.Integers(keys[i].Split(2)[j].Fold(number).Split(2), 0, 1 << 30, [3]).ToArray<int>(),
                    mapped[i][j].ToArray<int>());
                Assert.Equal(Tensor.Uniform(keys[i].Fold(number), [3]).ToDoubles(), crossed[i][j].ToDoubles());
            }
        }
    }

    [Fact]
    public void AProgramDrawsFromTheKeyItIsGiven()
    {
        using var program = new TensorProgram<(Key Key, Tensor Step), (Tensor Drawn, Key Next)>(Draw);
        var seen = new List<double>();
        for (int run = 0; run < 5; run++)
        {
            var (key, step) = (Key.Of(run / 2), Tensor.Full(run % 2, [], ElementType.Int32));
            var (expected, next) = Draw((key, step));
            var (drawn, replayed) = program.Run((key, step));
            Assert.Equal(expected.ToDoubles(), drawn.ToDoubles());
            Assert.Equal(Words(next), Words(replayed));
            seen.AddRange(drawn.ToDoubles());
        }

        Assert.Equal(5 * 2 * 3, seen.Distinct().Count());

        static (Tensor, Key) Draw((Key Key, Tensor Step) x)
            => (Tensor.Normal(x.Key.Fold(x.Step).Split(2), [3], type: ElementType.Float64), x.Key.Fold(1));
    }

    [Fact]
    public void AKeyIsATreeAndCanBeKept()
    {
        using var folder = new TemporaryFolder();
        var state = new State(Key.Of(4).Split(3), Tensor.From(1.5f));
        Assert.Equal(["Keys.Words", "Weights"], Tree.Names(state));
        Assert.Same(state.Keys.Words, Tree.Leaves(state)[0]);
        SafeTensors.Save(folder.At("state"), state);
        var read = SafeTensors.Load(folder.At("state"), new State(Key.Of(0).Split(3), Tensor.From(0f)));
        Assert.Equal(Words(state.Keys), Words(read.Keys));
        Assert.Equal(Tensor.Uniform(state.Keys, [4]).ToDoubles(), Tensor.Uniform(read.Keys, [4]).ToDoubles());
    }

    [Fact]
    public void EverySeedHasAKeyOfItsOwn()
    {
        long[] seeds = [0, 1, -1, int.MinValue, int.MaxValue, uint.MaxValue, 1L << 32, (1L << 32) + 1, long.MinValue, long.MaxValue];
        Assert.Equal(seeds.Length, seeds.Select(seed => string.Join(' ', Words(Key.Of(seed)))).Distinct().Count());
        Assert.All(seeds, seed => Assert.Equal(Words(PlainKey.Of(seed)), Words(Key.Of(seed))));
        Assert.Equal(seeds.Length, First(Key.Stack(seeds.Select(seed => Key.Of(seed)))).Distinct().Count());
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        foreach (var words in (Tensor[])[Tensor.From(1, 2, 3), Tensor.Zeros([2, 4]), Integers([]), Integers([2, 1]), Integers([4, 5])])
        {
            var key = new Key(words);
            string says = $"the words of keys are Int32 [..., 4], got {words.Type} {words.Shape}: see Key.Of";
            Says(says, () => key.Fold(1));
            Says(says, () => key.Fold(Tensor.From(1, 2)));
            Says(says, () => key.Split(2));
            Says(says, () => key.Shape);
            Says(says, () => Tensor.Normal(key, [2]));
            Says(says, () => Tensor.Integers(key, 0, 2, [2]));
        }

        var keys = Key.Of(1).Split(2);
        Says("numbers [3] don't broadcast to keys [2]", () => keys.Fold(Tensor.From(1, 2, 3)));
        Says("Key.Fold: numbers are Int32, got Float32 [2]: use Cast", () => keys.Fold(Tensor.From(1f, 2)));
        Assert.Equal("count", Assert.Throws<ArgumentOutOfRangeException>(() => keys.Split(-1)).ParamName);
        Assert.Contains("Split or Fold makes several", Assert.Throws<InvalidOperationException>(() => Key.Of(1)[0]).Message);
        Assert.Contains("Split or Fold makes several", Assert.Throws<InvalidOperationException>(() => Key.Of(1)[..1]).Message);

        static Tensor Integers(Shape shape) => Tensor.Full(1, shape, ElementType.Int32);

        static void Says(string part, Func<object> call) => Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    // 64 bits are enough to tell a million keys apart: so are either two words.
    [Fact]
    public void NoTwoOfAMillionKeysAreTheSame()
    {
        var key = Key.Of(0);
        var seeds = Key.Stack(Enumerable.Range(-500, 1000).Select(seed => Key.Of(seed)));
        Key[] paths =
        [
            key.Fold(Numbers(200_000) - 100_000),
            key.Fold(Numbers(400)).Reshape(400, 1).Fold(Numbers(500)),
            key.Split(200_000),
            key.Split(400).Reshape(400, 1).Fold(Numbers(500)),
            key.Fold(400).Split(50).Split(40).Reshape(2000, 1).Fold(Numbers(50) + 400),
            key.Fold(401).Fold(Numbers(500) + 500).Split(100),
            seeds[..500].Reshape(500, 1).Fold(Numbers(50) - 150_000),
            seeds[501..].Fold(3).Split(52),
        ];
        int[] words = [.. paths.SelectMany(Words)];
        Assert.True(words.Length >= 4_000_000);
        var (whole, first, second) = (new HashSet<UInt128>(), new HashSet<ulong>(), new HashSet<ulong>());
        for (int at = 0; at < words.Length; at += 4)
        {
            ulong a = ((ulong)(uint)words[at] << 32) | (uint)words[at + 1], b = ((ulong)(uint)words[at + 2] << 32) | (uint)words[at + 3];
            Assert.True(first.Add(a) & second.Add(b) & whole.Add(new UInt128(a, b)), $"key {at / 4} is an earlier one");
        }

        Assert.Equal(words.Length / 4, whole.Count);
    }

    [Fact]
    public void PathsDrawDifferentNumbers()
    {
        var key = Key.Of(2);
        Key[] paths =
        [
            key, key.Fold(0), key.Fold(1), key.Fold(0).Fold(1), key.Fold(1).Fold(0), key.Fold(0).Fold(0), key.Split(2)[0], key.Split(2)[1],
            key.Split(1)[0].Fold(0), key.Fold(0).Split(1)[0], key.Split(1)[0].Split(1)[0], Key.Of(3), Key.Of(3).Fold(0), Key.Of(2L << 32),
        ];
        double[][] drawn = [.. paths.Select(path => Tensor.Uniform(path, [64], type: ElementType.Float64).ToDoubles())];

        // A split's first keys are those of any longer one.
        Assert.Equal(Words(key.Split(2)[0]), Words(key.Split(1)[0]));
        for (int i = 0; i < drawn.Length; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.Empty(drawn[i].Intersect(drawn[j]));
        }
    }

    [Fact]
    public void FirstNumbersOfManyKeysAreUniform()
    {
        const int Count = 100_000;
        var key = Key.Of(0);
        foreach (var keys in (Key[])
            [
                key.Fold(Numbers(Count)), key.Split(Count), key.Fold(Numbers(Count)).Fold(0), key.Split(Count).Fold(1),
                key.Fold(Numbers(100)).Reshape(-1, 1).Fold(Numbers(1000)),
                Key.Stack(Enumerable.Range(0, Count).Select(seed => Key.Of(seed))),
            ])
        {
            double[] x = First(keys);
            Assert.Equal(Count, x.Length);
            double[] sorted = [.. x.Order()];

            // Kolmogorov and Smirnov: exceeded once in a thousand samples.
            double distance = Enumerable.Range(0, Count)
                .Max(i => Math.Max(sorted[i] - (i / (double)Count), ((i + 1) / (double)Count) - sorted[i]));
            Assert.True(distance * Math.Sqrt(Count) < 1.95, $"distance {distance}");
            Independent(x[..^1], x[1..]);
        }
    }

    [Fact]
    public void NumbersOfAKeyAndOfThoseMadeFromItAreIndependent()
    {
        const int Count = 100_000;
        var key = Key.Of(1);
        var numbers = Numbers(Count);
        var (folded, split) = (key.Fold(numbers), key.Split(Count));
        double[] parent = Tensor.Uniform(key, [Count], type: ElementType.Float64).ToDoubles();
        Independent(parent, First(folded));
        Independent(parent, First(split));
        Independent(First(folded), First(split));
        Independent(First(folded), First(folded.Fold(0)));
        Independent(First(folded), First(folded.Split(1).Reshape(-1)));
        Independent(First(folded.Fold(0)), First(folded.Fold(1)));
        Independent(First(split.Fold(numbers)), First(folded.Fold(numbers)));
        Independent(First(folded), First(Key.Of(2).Fold(numbers)));
    }

    [Fact]
    public void MembersOfAMapDrawIndependentNumbers()
    {
        const int Members = 100, Each = 1000;
        var keys = Key.Of(3).Split(Members);
        foreach (var drawn in (Tensor[])
            [
                Batch.Map(own => Tensor.Uniform(own, [Each], type: ElementType.Float64), keys),
                Batch.Map(own => Tensor.Uniform(own.Fold(Numbers(Each)), [], type: ElementType.Float64), keys),
                Batch.Map(own => Tensor.Uniform(own.Split(Each), [], type: ElementType.Float64), keys),
                Batch.Map(
                    number => Tensor.Uniform(Key.Of(3).Fold(number), [Each], type: ElementType.Float64), Numbers(Members)),
            ])
        {
            // The same numbers of neighbours, and neighbours of the same member.
            double[] x = drawn.ToDoubles();
            Independent(Rows(0), Rows(1));
            Independent(x[..^1], x[1..]);

            double[] Rows(int remainder) => [.. x.Chunk(Each).Where((_, member) => member % 2 == remainder).SelectMany(row => row)];
        }
    }

    public void Dispose() => _scope.Dispose();

    private static int[] Words(Key key) => key.Words.ToArray<int>();

    private static int[] Words(PlainKey key) => [(int)key.A, (int)key.B, (int)key.C, (int)key.D];

    private static Tensor Numbers(int count) => Tensor.Range(count, ElementType.Int32);

    private static double[] First(Key keys) => Tensor.Uniform(keys, [], type: ElementType.Float64).ToDoubles();

    // Uniform numbers in pairs: uncorrelated, and spread evenly over a grid.
    private static void Independent(double[] x, double[] y)
    {
        Assert.Equal(x.Length, y.Length);

        // Of independent ones this is normal: beyond 4 once in 16,000 samples.
        double correlation = 12 * x.Zip(y, (a, b) => (a - 0.5) * (b - 0.5)).Average();
        Assert.InRange(correlation * Math.Sqrt(x.Length), -4, 4);

        // Every second pair, so that they share no number with each other where y is x moved on. Chi-square with 99 degrees of freedom
        // exceeds 160 once in ten thousand samples.
        int[] cells = new int[100];
        for (int i = 0; i < x.Length; i += 2)
            cells[(10 * (int)(10 * x[i])) + (int)(10 * y[i])]++;
        double expected = cells.Sum() / 100.0;
        Assert.InRange(cells.Sum(count => (count - expected) * (count - expected) / expected), 0, 160);
    }

    private sealed record State(Key Keys, Tensor Weights);
}
